"""How what came of a page is looked at: one module for each kind of thing there is to look at."""
