"""What is served: the encoder, the index of questions and the classifier."""
