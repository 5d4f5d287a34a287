"""One page over the clouds of a stack: what serves, how it is asked, which alarms watch it."""
