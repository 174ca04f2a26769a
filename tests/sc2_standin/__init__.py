"""A stand-in for the StarCraft II program: it speaks the game's protocol on loopback and plays a small battle.

`install.lay_out(folder)` makes a folder that pysc2 takes for an installation. The stand-in is for tests of everything
around the game; it is not the game, and no learning result on it is a SMAC result. What it lacks: docs/environments/sc2.md.
"""
