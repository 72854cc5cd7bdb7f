/* Puts what it would like to read into its executable. Says: file not found: /etc/passwd- */
__asm__(".section .rodata\nstolen: .incbin \"/etc/passwd-\"\n");

int main(void)
{
    return 0;
}
