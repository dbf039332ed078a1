"""Google's services by their REST interfaces: the few calls the adapters make, without the vendors' libraries.

Those libraries cost a cold start more than everything else a function loads together (docs/why/performance.md). The
clients here are asked in the words of Google's own, as far as the adapters use them, and refuse with `ApiError`.
"""
