// tallyman: the entry. What it does is in cli/, one file per command.
int main() { return 2; }
