"""The components that come with lacoskit, written as anyone's plugin would be: one file a method."""
