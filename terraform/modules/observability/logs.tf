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
