"""One module for each schema there has been, none of which is changed once it was released."""
