"""What happens next. Pure: no clock, no network, no chance."""
