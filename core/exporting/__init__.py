"""What leaves the library: files in rank order, tables, a contact sheet, a web page."""
