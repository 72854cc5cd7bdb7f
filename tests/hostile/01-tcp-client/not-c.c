/* A letter in the place of a source. Says: tcp_client.c:2 */
Dear instructor, the dog has eaten my socket.
