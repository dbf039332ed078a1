"""The simulated GitHub: the REST API over real git repositories, clones over HTTP, and pages to look at."""
