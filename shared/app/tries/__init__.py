"""One function per system that says in words whether a credential will do, by calls that change nothing."""
