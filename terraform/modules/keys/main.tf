variable "name" {
  type = string
}

variable "region" {
  type = string
}

variable "protected" {
  description = "Whether destroying the key is refused: what it wrapped could never be read again."
  type        = bool
}

# A ring can never be deleted, nor its name used again.
resource "google_kms_key_ring" "this" {
  name     = var.name
  location = var.region
}

resource "google_kms_crypto_key" "tenants" {
  #checkov:skip=CKV_GCP_82:deletion_policy refuses it in production; prevent_destroy takes no variable, and staging can be destroyed
  name                       = "tenants"
  key_ring                   = google_kms_key_ring.this.id
  purpose                    = "ENCRYPT_DECRYPT"
  rotation_period            = "7776000s" # 90 days; older versions stay, and open what they wrapped
  destroy_scheduled_duration = "2592000s" # 30 days to change one's mind
  deletion_policy            = var.protected ? "PREVENT" : "DELETE"
}

output "tenants" {
  description = "Id of the key that wraps one data key per tenant."
  value       = google_kms_crypto_key.tenants.id
}

output "protected" {
  value = google_kms_crypto_key.tenants.deletion_policy == "PREVENT"
}
