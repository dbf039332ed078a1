locals {
  runner     = var.runner_project_id != ""
  runner_url = ""
}
