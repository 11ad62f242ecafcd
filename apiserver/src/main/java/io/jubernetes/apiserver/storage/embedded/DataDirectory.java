package io.jubernetes.apiserver.storage.embedded;

import io.jubernetes.apiserver.storage.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The directory of one embedded store, held by this process alone from [#lock] to [#close]. The lock is the
/// operating system's, so it goes with the process that held it; what the lock file says is only for people.
final class DataDirectory implements AutoCloseable {
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY_DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    /// The database's name within a directory.
    static final String DATABASE = "state.db";

    /// What this process holds. Looked at before the lock file is opened: closing a second channel on
    /// the file would release the lock the first one holds.
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path directory;
    private final FileChannel lockFile;

    private DataDirectory(Path directory, FileChannel lockFile) {
        this.directory = directory;
        this.lockFile = lockFile;
    }

    /// Makes the directory if need be and takes its lock.
    ///
    /// @throws StoreException.Refused when another process has it or it cannot be written
    static DataDirectory lock(Path directory) {
        try {
            if (!Files.isDirectory(directory)) {
                Files.createDirectories(directory, OWNER_ONLY_DIRECTORY);
            }
            Path real = directory.toRealPath();
            if (!HELD.add(real)) {
                throw inUse(directory, "this process");
            }
            FileChannel channel = null;
            try {
                channel = openAndLock(real);
            } finally {
                if (channel == null) {
                    HELD.remove(real);
                }
            }
            return new DataDirectory(real, channel);
        } catch (AccessDeniedException e) {
            throw new StoreException.Refused(
                    "no permission for data directory " + directory + ": make it writable or choose another", e);
        } catch (IOException e) {
            throw new StoreException.Refused(
                    "cannot use data directory " + directory + " (" + e.getMessage() + "): choose another", e);
        }
    }

    /// Where the database is; the file exists, readable by its owner only.
    Path databaseFile() {
        Path file = directory.resolve(DATABASE);
        try {
            createOwnerOnly(file);
        } catch (IOException e) {
            throw new StoreException.Refused("cannot create " + file + ": " + e.getMessage(), e);
        }
        return file;
    }

    /// Creates the file for its owner's eyes only, unless it is there. SQLite gives its WAL the same mode.
    static void createOwnerOnly(Path file) throws IOException {
        if (Files.notExists(file)) {
            Files.createFile(file, OWNER_ONLY_FILE);
        }
    }

    private static FileChannel openAndLock(Path directory) throws IOException {
        Path path = directory.resolve("lock");
        createOwnerOnly(path);
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock(); // held until the channel is closed
            if (lock == null) {
                throw inUse(directory, "another process" + readHolder(channel));
            }
            writeHolder(channel);
            return channel;
        } catch (IOException | StoreException e) {
            channel.close();
            throw e;
        }
    }

    private static StoreException inUse(Path directory, String holder) {
        return new StoreException.Refused(
                "data directory " + directory + " is in use by " + holder + ": stop it or choose another directory",
                null);
    }

    private static void writeHolder(FileChannel channel) throws IOException {
        channel.truncate(0);
        channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)), 0);
    }

    private static String readHolder(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(32);
        channel.read(text, 0);
        String pid = new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).strip();
        return pid.isEmpty() ? "" : " (pid " + pid + ")";
    }

    @Override
    public void close() {
        try {
            lockFile.close();
        } catch (IOException e) {
            throw new StoreException.Unavailable("cannot release the lock of " + directory, e);
        } finally {
            HELD.remove(directory);
        }
    }
}
