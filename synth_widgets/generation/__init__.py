"""What to ask and what an answer becomes: values in, values out."""
