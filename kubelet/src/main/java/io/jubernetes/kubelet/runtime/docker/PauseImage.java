package io.jubernetes.kubelet.runtime.docker;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/// The sandbox's only program and the image that holds it, made here so that no registry is needed.
///
/// The program is a static ELF file of a few hundred bytes. As the first process of a process namespace it
/// would be deaf to SIGTERM, whose default action the kernel withholds from first processes; so it blocks
/// SIGINT, SIGTERM and SIGCHLD and fetches them with rt_sigtimedwait. On SIGCHLD it reaps all zombies (with a
/// shared process namespace it is everybody's parent), on the others it exits with 0.
final class PauseImage {
    static final String NAME = "jubernetes/pause:1";
    static final String PROGRAM = "/pause";

    private static final int EM_X86_64 = 62;
    private static final int EM_AARCH64 = 183;
    private static final long LOAD_ADDRESS = 0x400000;
    private static final int HEADERS = 64 + 56;
    /// Bits of SIGINT (2), SIGTERM (15) and SIGCHLD (17), signal n being bit n - 1: the last eight bytes of
    /// both programs.
    private static final String SIGNALS = "0240010000000000";

    private static final String X86_64 = ""
            // rt_sigprocmask(SIG_BLOCK, signals, NULL, 8)
            + "b80e000000 31ff 488d3552000000 31d2 41ba08000000 0f05"
            // wait: rt_sigtimedwait(signals, NULL, NULL, 8); SIGCHLD goes to reap, an error back to wait
            + "b880000000 488d3d3c000000 31f6 31d2 41ba08000000 0f05 83f811 740d 85c0 78df"
            // exit(0)
            + "b83c000000 31ff 0f05"
            // reap: wait4(-1, NULL, WNOHANG, NULL) until there is nobody left, then wait
            + "b83d000000 48c7c7ffffffff 31f6 ba01000000 4531d2 0f05 85c0 7fe4 ebb8"
            + SIGNALS;

    private static final String AARCH64 = ""
            // rt_sigprocmask(SIG_BLOCK, signals, NULL, 8)
            + "000080d2 61030010 020080d2 030180d2 e81080d2 010000d4"
            // wait: rt_sigtimedwait(signals, NULL, NULL, 8); SIGCHLD goes to reap, an error back to wait
            + "c0020010 010080d2 020080d2 030180d2 281180d2 010000d4 1f440071 a0000054 00ffff37"
            // exit(0)
            + "000080d2 a80b80d2 010000d4"
            // reap: wait4(-1, NULL, WNOHANG, NULL) until there is nobody left, then wait; a nop aligns the signals
            + "00008092 010080d2 220080d2 030080d2 882080d2 010000d4 1f000071 2cffff54 ecffff17 1f2003d5"
            + SIGNALS;

    private PauseImage() {}

    /// The program for an architecture by Go's name.
    ///
    /// @throws IllegalArgumentException for one that there is no program for
    static byte[] program(String architecture) {
        return switch (architecture) {
            case "amd64", "x86_64" -> elf(EM_X86_64, code(X86_64));
            case "arm64", "aarch64" -> elf(EM_AARCH64, code(AARCH64));
            default -> throw new IllegalArgumentException("no sandbox program for architecture " + architecture);
        };
    }

    private static byte[] code(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    /// A 64-bit little-endian executable of one segment that holds the headers and the code.
    private static byte[] elf(int machine, byte[] code) {
        int size = HEADERS + code.length;
        var out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        out.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        out.putShort((short) 2).putShort((short) machine).putInt(1);
        out.putLong(LOAD_ADDRESS + HEADERS).putLong(64).putLong(0);
        out.putInt(0).putShort((short) 64).putShort((short) 56).putShort((short) 1);
        out.putShort((short) 0).putShort((short) 0).putShort((short) 0);
        // PT_LOAD, readable and executable
        out.putInt(1).putInt(5).putLong(0).putLong(LOAD_ADDRESS).putLong(LOAD_ADDRESS);
        out.putLong(size).putLong(size).putLong(0x1000);
        out.put(code);
        return out.array();
    }

    /// A tar archive of the program, as Docker imports it.
    static byte[] archive(String architecture) {
        byte[] program = program(architecture);
        var tar = new ByteArrayOutputStream();
        tar.writeBytes(tarHeader("pause", program.length));
        tar.writeBytes(program);
        tar.writeBytes(new byte[(512 - program.length % 512) % 512]);
        tar.writeBytes(new byte[1024]);
        return tar.toByteArray();
    }

    private static byte[] tarHeader(String name, int size) {
        byte[] header = new byte[512];
        put(header, 0, name);
        put(header, 100, "0000755\0");
        put(header, 108, "0000000\0");
        put(header, 116, "0000000\0");
        put(header, 124, "%011o\0".formatted(size));
        put(header, 136, "00000000000\0");
        put(header, 148, "        ");
        put(header, 156, "0");
        put(header, 257, "ustar\00000");
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        put(header, 148, "%06o\0 ".formatted(sum));
        return header;
    }

    private static void put(byte[] header, int offset, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, offset, bytes.length);
    }
}
