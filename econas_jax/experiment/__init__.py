"""What any long command needs: files, locks, commits, config, console. It knows no algorithm."""
