"""What is asked of Azure."""
