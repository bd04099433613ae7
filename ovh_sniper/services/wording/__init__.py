"""Words that all else needs: money, places, hardware, and why something is not done."""
