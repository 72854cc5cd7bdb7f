/* Wants more memory than there is before it begins. Says: tcp_client */
static char huge[1UL << 36];

int main(int argc, char *argv[])
{
    (void)argv;
    huge[argc << 20] = 1;
    return huge[argc];
}
