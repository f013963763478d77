"""The state and its history. No model, no widget, no asyncio."""
