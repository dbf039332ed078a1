"""What is told of our work to those who watch over it: spans, metrics, crashes. Never contents, never secrets."""
