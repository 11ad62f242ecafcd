package io.jubernetes.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.scheduler.config.SchedulerConfiguration;
import io.jubernetes.scheduler.cycle.World;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The example of a user's plugin is built as its documentation says, into a jar, and takes part by it.
class ExamplePluginTest {
    @TempDir
    Path scratch;

    private static Path example() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("jube"))) {
            here = Objects.requireNonNull(here.getParent(), "not inside a checkout");
        }
        return here.resolve("deploy/examples/scheduler-plugin");
    }

    private Path build() throws IOException {
        Path classes = Files.createDirectories(scratch.resolve("classes"));
        List<Path> sources = files(example().resolve("src/main/java"));
        var arguments = Stream.concat(
                        Stream.of("-proc:none", "-d", classes.toString(), "-cp", System.getProperty("java.class.path")),
                        sources.stream().map(Path::toString))
                .toArray(String[]::new);
        assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments))
                .isZero();
        Path jar = scratch.resolve("rack-limit.jar");
        try (OutputStream out = Files.newOutputStream(jar);
                var writer = new JarOutputStream(out)) {
            for (Path root : List.of(classes, example().resolve("src/main/resources"))) {
                for (Path file : files(root)) {
                    writer.putNextEntry(new JarEntry(root.relativize(file).toString()));
                    Files.copy(file, writer);
                }
            }
        }
        return jar;
    }

    private static List<Path> files(Path root) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }

    private static Pod pod(int number, String team) {
        return TestObjects.pod(team + number, "10m", "1Mi")
                .editMetadata()
                .addToLabels("team", team)
                .endMetadata()
                .build();
    }

    @Test
    void takesPartWhereTheConfigurationEnablesIt() throws Exception {
        SchedulerConfiguration configuration =
                SchedulerConfiguration.read(example().resolve("scheduler.yaml"));
        try (var plugins = (URLClassLoader) PluginJars.loader(List.of(build()));
                var world = new World(configuration, plugins)) {
            world.with(TestObjects.plainNode("a"), TestObjects.plainNode("b"));
            // Three pods of a team fit a node, and the plugin's score spreads them.
            for (int i = 0; i < 6; i++) {
                String node = world.decide(pod(i, "blue")).substring("-> ".length());
                world.with(pod(i, "blue")
                        .edit()
                        .editSpec()
                        .withNodeName(node)
                        .endSpec()
                        .build());
            }
            assertThat(world.decide(pod(6, "blue")))
                    .isEqualTo("0/2 nodes are available: 2 node(s) had enough pods of the team.");
            assertThat(world.decide(pod(0, "red"))).startsWith("-> ");
        }
    }

    @Test
    void aJarThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> PluginJars.loader(List.of(scratch.resolve("none.jar"))))
                .isInstanceOf(StartupException.class)
                .hasMessageStartingWith("--plugin-jars: cannot read ")
                .hasMessageEndingWith("none.jar");
    }

    @Test
    void aPluginThatCannotBeLoadedIsNamed() throws Exception {
        Path services = Files.createDirectories(scratch.resolve("broken/META-INF/services"));
        Files.writeString(services.resolve("io.jubernetes.scheduler.framework.PluginFactory"), "com.example.NotThere");
        ClassLoader plugins = PluginJars.loader(List.of(scratch.resolve("broken")));
        assertThatThrownBy(() -> SchedulerWork.registry(_ -> {}, plugins))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("com.example.NotThere");
    }
}
