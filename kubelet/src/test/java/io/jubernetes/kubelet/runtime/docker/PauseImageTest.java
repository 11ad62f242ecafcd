package io.jubernetes.kubelet.runtime.docker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PauseImageTest {
    @Test
    void theProgramWaitsAndLeavesWhenAsked(@TempDir Path directory) throws Exception {
        String architecture = System.getProperty("os.arch");
        Assumptions.assumeTrue(architecture.equals("amd64") || architecture.equals("aarch64"));
        Path file = Files.write(directory.resolve("pause"), PauseImage.program(architecture));
        Files.setAttribute(file, "unix:mode", 0755);
        Process process = new ProcessBuilder(file.toString()).start();
        try {
            assertThat(process.waitFor(200, TimeUnit.MILLISECONDS)).isFalse();
            process.destroy();
            assertThat(process.waitFor(5, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void theArchiveIsATarOfOneFile() {
        byte[] archive = PauseImage.archive("amd64");
        assertThat(archive.length % 512).isZero();
        assertThat(new String(archive, 0, 5, java.nio.charset.StandardCharsets.US_ASCII))
                .isEqualTo("pause");
        assertThat(PauseImage.archive("arm64")[512 + 18]).isEqualTo((byte) 183);
    }

    @ParameterizedTest
    @CsvSource({"1.41,1.12,1.41", "1.44,1.24,1.44", "1.52,1.44,1.44", "1.60,1.50,1.50", "'','',1.44"})
    void negotiatesTheApiVersion(String newest, String oldest, String chosen) {
        assertThat(DockerEngine.negotiate(newest, oldest)).isEqualTo(chosen);
    }
}
