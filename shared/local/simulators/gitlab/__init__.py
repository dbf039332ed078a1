"""The simulated GitLab: the REST API over real git repositories, OAuth, pipelines, and webhooks to others."""
