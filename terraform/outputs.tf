output "urls" {
  description = "Where each function answers."
  value       = merge(local.urls, local.edge_urls)
}

output "public_url" {
  description = "Where people reach the API."
  value       = local.public_url
}

output "accounts" {
  description = "Each function's account."
  value       = { for name, it in module.function : name => it.email }
}

output "secrets" {
  description = "Secrets whose values an operator adds."
  value       = sort(keys(module.secrets.ids))
}

output "source_bucket" {
  value = local.source_bucket
}
