/* Puts what it would like to read into its executable. Says: file not found: /etc/passwd-. Private: in plain mode the file is there */
__asm__(".section .rodata\nstolen: .incbin \"/etc/passwd-\"\n");

int main(void)
{
    return 0;
}
