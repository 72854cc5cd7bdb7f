/* An array of half a gigabyte that has a value: the executable would be as large. Says: File size limit exceeded */
char big[512 << 20] = {1};

int main(void)
{
    return big[0];
}
