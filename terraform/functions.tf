locals {
  environment = merge(
    {
      WORKWRIGHT_MODE          = "cloud"
      GOOGLE_CLOUD_PROJECT     = var.project_id
      WORKWRIGHT_LOCATION      = var.region
      WORKWRIGHT_KMS_KEY       = module.keys.tenants
      WORKWRIGHT_TASKS_ACCOUNT = google_service_account.tasks.email
      WORKWRIGHT_PUBLIC_URL    = local.public_url
    },
    { for name, url in merge(local.urls, local.edge_urls) : "WORKWRIGHT_URL_${upper(replace(name, "-", "_"))}" => url },
    var.settings,
  )

  # What only those functions are given that name it; "" is not given.
  wanted = {
    WORKWRIGHT_MODEL           = join(",", var.models)
    WORKWRIGHT_SANDBOX         = local.runner ? "remote" : ""
    WORKWRIGHT_CODE_RUNNER_URL = local.runner_url
    WORKWRIGHT_SITES_BUCKET    = var.sites.bucket ? local.sites_bucket : ""
    WORKWRIGHT_SITES_URL       = var.sites.url
    WORKWRIGHT_MAIL            = try(var.mail.smtp, "") == "" ? "" : "smtp"
    WORKWRIGHT_MAIL_SENDER     = try(var.mail.sender, "")
    WORKWRIGHT_SES_REGION      = try(var.mail.region, "")
    WORKWRIGHT_SMTP_URL        = try(var.mail.smtp, "")
  }
}

# Cloud Run refuses a service whose most instances could use more than the region's quota, of processors or of memory.
locals {
  gib = { for name, it in local.declared : name => tonumber(replace(it.memory, "/[MG]i$/", "")) / (endswith(it.memory, "Mi") ? 1024 : 1) }
  most_instances = {
    for name, it in local.declared :
    name => min(it.instances.max, floor(var.processors / tonumber(it.cpu)), floor(2 * var.processors / local.gib[name]))
  }
}

module "function" {
  source   = "./modules/function"
  for_each = local.functions

  name          = each.key
  region        = var.region
  runtime       = var.runtime
  source_bucket = local.source_bucket
  source_object = var.bundles[each.key]
  build_account = google_service_account.build.id
  repository    = google_artifact_registry_repository.functions.id
  environment   = merge(local.environment, { for name in each.value.env : name => local.wanted[name] if local.wanted[name] != "" })
  memory        = each.value.memory
  cpu           = each.value.cpu
  concurrency   = each.value.concurrency
  timeout_s     = tonumber(trimsuffix(each.value.timeout, "s"))
  instances = {
    max  = local.most_instances[each.key]
    warm = local.production ? each.value.instances.warm : 0
  }
  ingress         = contains(local.public, each.key) ? local.public_ingress : "ALLOW_INTERNAL_ONLY"
  callers         = contains(local.public, each.key) ? { anybody = "allUsers" } : { tasks = google_service_account.tasks.member }
  deployers       = { for pipeline in module.ci : "ci" => pipeline.deployer_member }
  project_roles   = { for role in each.value.roles : role => google_project_iam_custom_role.of[role].name if contains(keys(local.project_roles), role) }
  key_roles       = { for role in each.value.roles : role => google_project_iam_custom_role.of[role].name if contains(keys(local.key_roles), role) }
  key             = module.keys.tenants
  secrets         = { for name in each.value.secrets : name => module.secrets.ids[name] }
  written_secrets = { for name in each.value.writes_secrets : name => module.secrets.ids[name] }

  depends_on = [google_project_service.on, time_sleep.build_rights_are_known]
}

module "queue" {
  source   = "./modules/queue"
  for_each = local.queued

  name         = each.key
  region       = var.region
  per_second   = each.value.queue.per_second
  concurrent   = min(each.value.queue.concurrent, local.most_instances[each.key] * each.value.concurrency)
  capacity     = each.value.instances.max * each.value.concurrency
  enqueue_role = google_project_iam_custom_role.of["enqueue"].name
  enqueuers    = { for name, it in local.functions : name => module.function[name].member if contains(it.hands_to, each.key) }
}

module "schedule" {
  source   = "./modules/schedule"
  for_each = local.scheduled

  name       = each.key
  region     = var.region
  cron       = each.value.schedule.cron
  url        = local.urls[each.key]
  path       = each.value.schedule.path
  account    = google_service_account.tasks.email
  deadline_s = tonumber(trimsuffix(each.value.timeout, "s"))

  depends_on = [module.function]
}
