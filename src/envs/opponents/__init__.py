"""Trained policies for the side of a game that the team does not play, and how they were trained."""
