# How long logs are kept, and apart from them, out of reach of who only operates: who changed what, who read a secret, and what
# was refused.

locals {
  audit_filter = join(" OR ", [
    "logName:\"cloudaudit.googleapis.com\"",
    "(${local.ours} AND jsonPayload.event=\"security.refused\")",
  ])
}

resource "google_logging_project_bucket_config" "default" {
  project        = var.project_id
  location       = "global"
  bucket_id      = "_Default"
  retention_days = var.log_retention_days
}

# The platform writes down each request with its whole address, and addresses of the public doors hold approval links and OAuth
# codes: who reads logs must not be able to approve. Our own line of each request has its status and its time. Metrics still count
# what is not kept.
resource "google_logging_project_exclusion" "addresses" {
  project     = var.project_id
  name        = "workwright-addresses"
  description = "Requests at the public doors, whose addresses hold links and codes"
  filter = join(" AND ", [
    "logName=\"projects/${var.project_id}/logs/run.googleapis.com%2Frequests\"",
    "resource.labels.service_name=(${join(" OR ", [for name in sort(keys(var.doors)) : "\"${name}\""])})",
  ])
}

resource "google_logging_project_bucket_config" "audit" {
  project         = var.project_id
  location        = var.region
  bucket_id       = "workwright-audit"
  description     = "Who changed or read what, and what was refused"
  retention_days  = var.audit_retention_days
  locked          = var.audit_locked
  deletion_policy = var.deletion_policy
}

resource "google_logging_project_sink" "audit" {
  project                = var.project_id
  name                   = "workwright-audit"
  description            = "To the audit bucket, beside the ordinary logs"
  destination            = "logging.googleapis.com/${google_logging_project_bucket_config.audit.id}"
  filter                 = local.audit_filter
  unique_writer_identity = true
}

# Reading a secret and using a key are logged too; by themselves only changes are.
resource "google_project_iam_audit_config" "reads" {
  for_each = toset(["secretmanager.googleapis.com", "cloudkms.googleapis.com"])

  project = var.project_id
  service = each.value

  audit_log_config {
    log_type = "DATA_READ"
  }
}
