locals {
  runner      = var.runner_project_id != ""
  runs        = local.declared["code-runner"]
  runner_url  = local.runner ? "https://code-runner-${data.google_project.runner[0].number}.${var.region}.run.app" : ""
  run_callers = { for name, it in local.functions : name => it if local.runner && contains(it.roles, "run-code") }
}

data "google_project" "runner" {
  count = local.runner ? 1 : 0

  project_id = var.runner_project_id
}

module "runner" {
  source = "./modules/runner"
  count  = local.runner ? 1 : 0

  project_id    = var.runner_project_id
  region        = var.region
  image         = var.code_runner_image
  registries    = var.registries.hosts
  callers       = { for name, it in local.run_callers : name => module.function[name].member }
  memory        = local.runs.memory
  cpu           = local.runs.cpu
  concurrency   = local.runs.concurrency
  timeout_s     = tonumber(trimsuffix(local.runs.timeout, "s"))
  max_instances = local.most_instances["code-runner"]

  environment = {
    WORKWRIGHT_MODE            = "cloud"
    WORKWRIGHT_CODE_RUNNER_URL = local.runner_url
    WORKWRIGHT_RUNNER_CALLERS  = join(",", [for name, it in local.run_callers : module.function[name].email])
    WORKWRIGHT_NPM_REGISTRY    = var.registries.npm
    WORKWRIGHT_PIP_INDEX       = var.registries.pip
    WORKWRIGHT_REGISTRY_HOSTS  = join(",", var.registries.hosts)
  }
}
