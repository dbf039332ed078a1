output "addresses" {
  description = "What the host names must lead to: A and AAAA."
  value       = { A = google_compute_global_address.v4.address, AAAA = google_compute_global_address.v6.address }
}

output "urls" {
  description = "Where each door is reached."
  value       = { for name, door in var.doors : name => "https://${door.host}" }
}
