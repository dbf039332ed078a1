data "google_project" "this" {
  project_id = var.project_id
}

locals {
  production = var.environment == "production"
  labels     = { app = var.name, environment = var.environment }

  # What each function is given stands beside its code. The code-runner is no part of this project.
  declared = {
    for file in fileset("${path.module}/../functions", "*/function.yaml") :
    dirname(file) => yamldecode(file("${path.module}/../functions/${file}"))
  }
  functions = { for name, it in local.declared : name => it if name != "code-runner" }
  public    = toset([for name, it in local.functions : name if it.trigger == "public"])
  private   = toset([for name, it in local.functions : name if it.trigger != "public"])
  queued    = { for name, it in local.functions : name => it if can(it.queue) }
  scheduled = { for name, it in local.functions : name => it if can(it.schedule) }

  # Cloud Run gives every service an address that follows from its name, so that functions can know each other's.
  urls = { for name, it in local.functions : name => "https://${name}-${data.google_project.this.number}.${var.region}.run.app" }

  public_url    = var.public_url != "" ? var.public_url : local.door_urls["api"]
  source_bucket = var.source_bucket != "" ? var.source_bucket : "${var.project_id}-${var.name}-source"
}
