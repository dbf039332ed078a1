output "identity_provider" {
  description = "What the forge's pipeline names to be let in."
  value       = google_iam_workload_identity_pool_provider.forge.name
}

output "uploader" {
  description = "The account it then acts as."
  value       = google_service_account.uploader.email
}

output "deployer" {
  description = "The account that applies: a budget needs its rights on the billing account."
  value       = google_service_account.deployer.email
}

output "deployer_member" {
  description = "The same, as IAM names it."
  value       = google_service_account.deployer.member
}
