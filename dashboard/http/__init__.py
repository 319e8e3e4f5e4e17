"""What scripts and monitors ask over HTTP, as docs/contract.md says."""
