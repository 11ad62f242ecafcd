package io.jubernetes.serviceproxy.dns;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/// One question to one other server and its answer. A socket of its own for each, so that the source port is as hard to
/// guess as the id.
final class Exchange {
    private static final int LONGEST = 65_535;

    private final RandomGenerator random = new SecureRandom();

    /// Asks by UDP, and by TCP when the answer does not fit.
    ///
    /// @param tcpToo whether a truncated answer is asked for again; a client by UDP does that itself
    /// @throws IOException when there is no answer in time
    byte[] ask(InetSocketAddress server, byte[] message, boolean tcpToo, Duration limit) throws IOException {
        byte[] question = message.clone();
        int id = random.nextInt(0x10000);
        question[0] = (byte) (id >> 8);
        question[1] = (byte) id;
        byte[] answer = udp(server, question, limit);
        return tcpToo && (answer[2] & 0x02) != 0 ? tcp(server, question, limit) : answer;
    }

    private static byte[] udp(InetSocketAddress server, byte[] question, Duration limit) throws IOException {
        long end = System.nanoTime() + limit.toNanos();
        try (var socket = new DatagramSocket()) {
            socket.connect(server);
            socket.send(new DatagramPacket(question, question.length));
            var packet = new DatagramPacket(new byte[Query.LONGEST_UDP * 4], Query.LONGEST_UDP * 4);
            while (true) {
                long left = Duration.ofNanos(end - System.nanoTime()).toMillis();
                if (left <= 0) {
                    throw new SocketTimeoutException("no answer");
                }
                socket.setSoTimeout((int) left);
                socket.receive(packet);
                byte[] answer = Arrays.copyOf(packet.getData(), packet.getLength());
                if (belongs(question, answer)) {
                    return answer;
                }
            }
        }
    }

    private static byte[] tcp(InetSocketAddress server, byte[] question, Duration limit) throws IOException {
        try (var socket = new Socket()) {
            socket.connect(server, (int) limit.toMillis());
            socket.setSoTimeout((int) limit.toMillis());
            socket.getOutputStream()
                    .write(ByteBuffer.allocate(question.length + 2)
                            .putShort((short) question.length)
                            .put(question)
                            .array());
            var in = new DataInputStream(socket.getInputStream());
            int length = in.readUnsignedShort();
            byte[] answer = in.readNBytes(Math.min(length, LONGEST));
            if (answer.length < length || !belongs(question, answer)) {
                throw new IOException("not an answer to the question");
            }
            return answer;
        }
    }

    /// Whether a message answers the question: a response with the id and, when it repeats the question, the same one.
    private static boolean belongs(byte[] question, byte[] answer) {
        if (answer.length < Query.HEADER || answer[0] != question[0] || answer[1] != question[1] || answer[2] >= 0) {
            return false;
        }
        if (answer[4] == 0 && answer[5] == 0) {
            return (answer[3] & 0xf) != 0; // only failures may leave the question out
        }
        try {
            byte[] response = question.clone();
            int end = Query.parse(response).questionEnd();
            byte[] asked = Arrays.copyOfRange(question, Query.HEADER, end);
            return answer.length >= end && sameIgnoringCase(asked, Arrays.copyOfRange(answer, Query.HEADER, end));
        } catch (Query.Unanswerable _) {
            return false;
        }
    }

    private static boolean sameIgnoringCase(byte[] a, byte[] b) {
        for (int i = 0; i < a.length; i++) {
            if (lower(a[i]) != lower(b[i])) {
                return false;
            }
        }
        return true;
    }

    private static int lower(byte b) {
        return b >= 'A' && b <= 'Z' ? b + 32 : b;
    }
}
