/* A Modbus TCP server made of libmodbus, for the connector to be read by software that is not ours.
 *
 * Coils and discrete inputs 0 to 99, holding registers 100 to 349, input registers 0 to 249; each holds a number of
 * its own, `held` below. Any other address is refused with exception 02. Prints its port, ends with its standard input.
 */
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

static int held(int address, int salt) { return (address * 40503 + salt) % 65536; }

static void fill(modbus_mapping_t *map)
{
    for (int at = 0; at < map->nb_bits; at++) map->tab_bits[at] = held(at, 0) % 2;
    for (int at = 0; at < map->nb_input_bits; at++) map->tab_input_bits[at] = held(at, 1) % 2;
    for (int at = 0; at < map->nb_registers; at++)
        map->tab_registers[at] = held(map->start_registers + at, 11);
    for (int at = 0; at < map->nb_input_registers; at++) map->tab_input_registers[at] = held(at, 23);
}

static int listening_port(int server)
{
    struct sockaddr_in bound;
    socklen_t size = sizeof bound;
    getsockname(server, (struct sockaddr *)&bound, &size);
    return ntohs(bound.sin_port);
}

int main(void)
{
    modbus_t *context = modbus_new_tcp("127.0.0.1", 0);
    modbus_mapping_t *map = modbus_mapping_new_start_address(0, 100, 0, 100, 100, 250, 0, 250);
    int server = modbus_tcp_listen(context, 5);
    if (map == NULL || server < 0) {
        fprintf(stderr, "%s\n", modbus_strerror(errno));
        return 1;
    }
    fill(map);
    printf("%d\n", listening_port(server));
    fflush(stdout);

    fd_set watched;
    FD_ZERO(&watched);
    FD_SET(STDIN_FILENO, &watched);
    FD_SET(server, &watched);
    int last = server;
    for (;;) {
        fd_set ready = watched;
        if (select(last + 1, &ready, NULL, NULL, NULL) < 0) return 1;
        if (FD_ISSET(STDIN_FILENO, &ready)) return 0;
        if (FD_ISSET(server, &ready)) {
            int made = accept(server, NULL, NULL);
            if (made >= 0) {
                FD_SET(made, &watched);
                if (made > last) last = made;
            }
        }
        for (int client = server + 1; client <= last; client++) {
            if (!FD_ISSET(client, &ready)) continue;
            uint8_t question[MODBUS_TCP_MAX_ADU_LENGTH];
            modbus_set_socket(context, client);
            int length = modbus_receive(context, question);
            if (length > 0) {
                modbus_reply(context, question, length, map);
            } else if (length < 0) {
                close(client);
                FD_CLR(client, &watched);
            }
        }
    }
}
