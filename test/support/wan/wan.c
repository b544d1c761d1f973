/*
 * A wide-area link between two network namespaces, in user space: kernels without netem have nothing of the kind.
 *
 *   wan ADDRESS_A ADDRESS_B          IPv4, of one /24
 *
 * Makes two namespaces without a name, a TUN device in each, and says "ready FD_A FD_B": /proc/PID/fd/FD is where
 * nsenter finds them. A packet read from one device is written to the other after its turn on the line (rate) and
 * its way (half of the round trip), or never (loss, queue full, down). Commands come as lines on stdin, each answered
 * with "ok": rtt MS | rate MBIT (0: no limit) | loss PERCENT | down | up. Ends when stdin ends; the namespaces go
 * with the last process in them.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
  MTU = 1500,
  /* Packets on their way at once, a direction: 100 MB, more than 3 Gbit/s fill in 250 ms. */
  RING = 1 << 16,
  /* Packets that wait for the line before the next is dropped: 6 MB, a router with a large buffer. */
  QUEUE = 4000,
  /* Packets taken in one go, so that neither direction starves the other. */
  BATCH = 256,
};

typedef struct {
  int64_t due_ns;
  ssize_t length;
  unsigned char bytes[MTU];
} Packet;

typedef struct {
  int from, to;
  Packet *ring;
  uint32_t head, tail;
  /* When the line has sent all that was given to it. */
  int64_t line_free_ns;
  unsigned short dice[3];
} Direction;

static struct {
  int64_t delay_ns;
  double ns_per_byte;
  double loss_percent;
  int is_down;
} link_state;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void configure(int socket_fd, struct ifreq *request, unsigned long what, const char *name) {
  if (ioctl(socket_fd, what, request) < 0) die(name);
}

static void bring_up(const char *device, const char *address) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  struct ifreq request = {0};
  strncpy(request.ifr_name, device, IFNAMSIZ - 1);
  if (address != NULL) {
    struct sockaddr_in *in = (struct sockaddr_in *)&request.ifr_addr;
    in->sin_family = AF_INET;
    if (inet_pton(AF_INET, address, &in->sin_addr) != 1) die("address");
    configure(fd, &request, SIOCSIFADDR, "SIOCSIFADDR");
    inet_pton(AF_INET, "255.255.255.0", &in->sin_addr);
    configure(fd, &request, SIOCSIFNETMASK, "SIOCSIFNETMASK");
    request.ifr_mtu = MTU;
    configure(fd, &request, SIOCSIFMTU, "SIOCSIFMTU");
    /* What waits is to wait here, where it is counted, and not to be dropped before. */
    request.ifr_qlen = 10000;
    configure(fd, &request, SIOCSIFTXQLEN, "SIOCSIFTXQLEN");
  }
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  configure(fd, &request, SIOCSIFFLAGS, "SIOCSIFFLAGS");
  close(fd);
}

/* Enters a new namespace and opens its end of the link. */
static int open_end(const char *address, int *namespace_fd) {
  if (unshare(CLONE_NEWNET) < 0) die("unshare");
  *namespace_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (*namespace_fd < 0) die("/proc/self/ns/net");
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) die("/dev/net/tun");
  struct ifreq request = {0};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  strncpy(request.ifr_name, "wan", IFNAMSIZ - 1);
  configure(fd, &request, TUNSETIFF, "TUNSETIFF");
  bring_up("lo", NULL);
  bring_up("wan", address);
  return fd;
}

static int is_lost(Direction *d, int64_t now) {
  if (link_state.is_down || d->tail - d->head == RING) return 1;
  if (erand48(d->dice) * 100 < link_state.loss_percent) return 1;
  return (double)(d->line_free_ns - now) > QUEUE * MTU * link_state.ns_per_byte && link_state.ns_per_byte > 0;
}

static void take(Direction *d) {
  static Packet dropped;
  for (int i = 0; i < BATCH; i++) {
    int64_t now = now_ns();
    Packet *packet = is_lost(d, now) ? &dropped : &d->ring[d->tail % RING];
    packet->length = read(d->from, packet->bytes, MTU);
    if (packet->length <= 0) return;
    if (packet == &dropped) continue;
    int64_t start = d->line_free_ns > now ? d->line_free_ns : now;
    d->line_free_ns = start + (int64_t)((double)packet->length * link_state.ns_per_byte);
    packet->due_ns = d->line_free_ns + link_state.delay_ns;
    d->tail++;
  }
}

/* Returns when the next packet is due; INT64_MAX when none is on its way. */
static int64_t deliver(Direction *d) {
  while (d->head != d->tail) {
    Packet *packet = &d->ring[d->head % RING];
    int64_t now = now_ns();
    if (packet->due_ns > now) return packet->due_ns;
    if (!link_state.is_down && write(d->to, packet->bytes, (size_t)packet->length) < 0 && errno == EAGAIN)
      return now + 100000;
    d->head++;
  }
  return INT64_MAX;
}

/* Returns 0 when stdin has ended. */
static int obey(void) {
  char line[64], word[16];
  double value = 0;
  if (fgets(line, sizeof line, stdin) == NULL) return 0;
  int words = sscanf(line, "%15s %lf", word, &value);
  if (words == 2 && value >= 0 && !strcmp(word, "rtt")) link_state.delay_ns = (int64_t)(value * 500000);
  else if (words == 2 && value >= 0 && !strcmp(word, "rate")) link_state.ns_per_byte = value > 0 ? 8000 / value : 0;
  else if (words == 2 && value >= 0 && !strcmp(word, "loss")) link_state.loss_percent = value;
  else if (words == 1 && !strcmp(word, "down")) link_state.is_down = 1;
  else if (words == 1 && !strcmp(word, "up")) link_state.is_down = 0;
  else {
    puts("unknown");
    return 1;
  }
  puts("ok");
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: wan ADDRESS_A ADDRESS_B\n");
    return 2;
  }
  int namespace_a, namespace_b;
  int a = open_end(argv[1], &namespace_a), b = open_end(argv[2], &namespace_b);
  Direction there = {.from = a, .to = b, .ring = malloc(sizeof(Packet) * RING), .dice = {1}};
  Direction back = {.from = b, .to = a, .ring = malloc(sizeof(Packet) * RING), .dice = {2}};
  if (there.ring == NULL || back.ring == NULL) die("malloc");
  /* Waits end on time and not up to 50 µs later. */
  prctl(PR_SET_TIMERSLACK, 1L);
  setvbuf(stdin, NULL, _IONBF, 0);
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("ready %d %d\n", namespace_a, namespace_b);
  for (;;) {
    int64_t next_there = deliver(&there), next_back = deliver(&back);
    int64_t next = next_there < next_back ? next_there : next_back, wait = next - now_ns();
    if (wait < 0) wait = 0;
    struct timespec timeout = {wait / 1000000000LL, wait % 1000000000LL};
    struct pollfd fds[] = {{a, POLLIN, 0}, {b, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    if (ppoll(fds, 3, next == INT64_MAX ? NULL : &timeout, NULL) < 0 && errno != EINTR) die("ppoll");
    if (fds[0].revents) take(&there);
    if (fds[1].revents) take(&back);
    if (fds[2].revents && !obey()) return 0;
  }
}
