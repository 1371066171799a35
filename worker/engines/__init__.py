"""What turns a scene into frames. Only the pipeline may come here."""
