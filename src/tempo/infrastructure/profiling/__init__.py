"""What a command takes: memory, phases on a device, calls and operations."""
