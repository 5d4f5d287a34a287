"""What a stack will cost, from the resources that its preview names."""
