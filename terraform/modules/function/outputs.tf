output "name" {
  value = google_cloudfunctions2_function.this.name
}

output "email" {
  value = google_service_account.this.email
}

output "member" {
  value = google_service_account.this.member
}

output "account" {
  description = "Full name of the account."
  value       = google_service_account.this.name
}

output "config" {
  description = "How the service is set up."
  value       = google_cloudfunctions2_function.this.service_config[0]
}
