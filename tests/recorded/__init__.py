"""What earlier versions of tightlip left behind, and proof that today's code goes on with it."""
