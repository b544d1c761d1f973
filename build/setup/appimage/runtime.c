/*
 * The first part of an AppImage of type 2: mounts the squashfs that stands behind it in the same file and starts AppRun in
 * there. It is gone when the last process that has inherited `alive` has ended.
 *
 * Packages of releases begin with the runtime that electron-builder downloads. This one is for machines that reach no
 * download site: it is made of Debian's static libraries alone.
 *
 * https://github.com/AppImage/AppImageSpec/blob/master/draft.md
 */
#define _GNU_SOURCE
#define FUSE_USE_VERSION 32

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <ll.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void fail(const char *what) {
    fprintf(stderr, "AppImage: %s: %s\n", what, strerror(errno));
    exit(127);
}

/* Where the program ends and the file system begins: the section headers are an ELF file's last part. */
static off_t size_of_program(int fd) {
    Elf64_Ehdr header;
    if (pread(fd, &header, sizeof header, 0) != sizeof header || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        fail("it cannot be read");
    return (off_t)(header.e_shoff + (Elf64_Off)header.e_shentsize * header.e_shnum);
}

/* Answers what is read in the mounted folder, until nobody lives in there. */
static void serve(struct fuse_session *session, int alive) {
    struct fuse_buf buffer = {0};
    struct pollfd polled[] = {{fuse_session_fd(session), POLLIN, 0}, {alive, 0, 0}};
    while (!fuse_session_exited(session)) {
        if (poll(polled, 2, -1) < 0 && errno != EINTR) break;
        if (polled[0].revents != 0) {
            int received = fuse_session_receive_buf(session, &buffer);
            if (received == -EINTR) continue;
            if (received <= 0) break;
            fuse_session_process_buf(session, &buffer);
        } else if (polled[1].revents & (POLLHUP | POLLERR)) {
            break;
        }
    }
    free(buffer.mem);
}

static void mount_and_serve(int file, off_t offset, const char *folder, int ready, int alive) {
    static const struct fuse_lowlevel_ops operations = {
        .getattr = sqfs_ll_op_getattr,
        .opendir = sqfs_ll_op_opendir,
        .releasedir = sqfs_ll_op_releasedir,
        .readdir = sqfs_ll_op_readdir,
        .lookup = sqfs_ll_op_lookup,
        .open = sqfs_ll_op_open,
        .release = sqfs_ll_op_release,
        .read = sqfs_ll_op_read,
        .readlink = sqfs_ll_op_readlink,
        .listxattr = sqfs_ll_op_listxattr,
        .getxattr = sqfs_ll_op_getxattr,
        .forget = sqfs_ll_op_forget,
        .statfs = stfs_ll_op_statfs,
    };
    char *options[] = {"AppImage", "-o", "ro,nodev,nosuid,subtype=AppImage"};
    struct fuse_args args = FUSE_ARGS_INIT(3, options);
    sqfs_ll *image = calloc(1, sizeof *image);
    if (image == NULL || sqfs_init(&image->fs, file, (size_t)offset) != SQFS_OK || sqfs_ll_init(image) != SQFS_OK)
        fail("it holds no file system");
    struct fuse_session *session = fuse_session_new(&args, &operations, sizeof operations, image);
    if (session == NULL || fuse_session_mount(session, folder) != 0) fail("it cannot be mounted; is fuse3 installed?");
    if (write(ready, "1", 1) != 1) fail("nobody waits");
    close(ready);
    serve(session, alive);
    fuse_session_unmount(session);
    rmdir(folder);
}

int main(int argc, char **argv) {
    char self[PATH_MAX] = "", before[PATH_MAX] = "", program[PATH_MAX + 16], folder[PATH_MAX];
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) fail("it does not know where it is");
    if (getcwd(before, sizeof before) == NULL) fail("it does not know where it was started");
    int file = open(self, O_RDONLY | O_CLOEXEC);
    if (file < 0) fail(self);
    if (argc == 2 && strcmp(argv[1], "--appimage-offset") == 0) return printf("%jd\n", (intmax_t)size_of_program(file)) < 0;

    const char *temporary = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/.mount_XXXXXX", temporary != NULL ? temporary : "/tmp");
    if (mkdtemp(folder) == NULL) fail(folder);

    /* `alive` is inherited by all that AppRun starts. */
    int ready[2], alive[2];
    if (pipe2(ready, O_CLOEXEC) != 0 || pipe(alive) != 0) fail("pipe");
    pid_t server = fork();
    if (server < 0) fail("fork");
    if (server == 0) {
        close(ready[0]);
        close(alive[1]);
        setsid();
        signal(SIGPIPE, SIG_IGN);
        mount_and_serve(file, size_of_program(file), folder, ready[1], alive[0]);
        exit(0);
    }
    close(ready[1]);
    close(alive[0]);
    char byte;
    if (read(ready[0], &byte, 1) != 1) {
        rmdir(folder);
        exit(127);
    }
    setenv("APPIMAGE", self, 1);
    setenv("APPDIR", folder, 1);
    setenv("ARGV0", argv[0], 1);
    setenv("OWD", before, 1);
    snprintf(program, sizeof program, "%s/AppRun", folder);
    execv(program, argv);
    fail(program);
}
