variable "names" {
  description = "Names of the operator's secrets. Their values are added by people, never by Terraform."
  type        = set(string)
}

variable "protected" {
  description = "Whether a secret cannot be deleted, and an old version comes back for a week."
  type        = bool
}

resource "google_secret_manager_secret" "this" {
  for_each = var.names

  secret_id           = each.key
  deletion_protection = var.protected
  version_destroy_ttl = var.protected ? "604800s" : null

  replication {
    auto {}
  }
}

output "ids" {
  description = "name → id."
  value       = { for name, it in google_secret_manager_secret.this : name => it.id }
}
