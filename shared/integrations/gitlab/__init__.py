"""GitLab: projects, commits, merge requests, pipelines, webhooks; its own cloud or a self-managed one."""
