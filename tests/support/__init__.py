"""Local servers that the cloud adapters' tests run against, each speaking its vendor's own protocol."""
