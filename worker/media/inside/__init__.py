"""What runs inside the bounded child process, and nowhere else: everything here may meet a stranger's bytes."""
