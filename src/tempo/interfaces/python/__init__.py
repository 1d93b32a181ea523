"""What `import tempo` gives."""
