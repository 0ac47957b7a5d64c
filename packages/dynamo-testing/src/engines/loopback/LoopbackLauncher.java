import java.lang.reflect.Field;
import org.eclipse.jetty.server.AbstractNetworkConnector;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import software.amazon.dynamodb.services.local.main.ServerRunner;
import software.amazon.dynamodb.services.local.server.DynamoDBProxyServer;

/**
 * Starts DynamoDB Local on the loopback interface, which it has no option for.
 *
 * <p>The class file beside it was made with {@code javac --release 17 -g:none -cp
 * 'DynamoDBLocal.jar:DynamoDBLocal_lib/*' LoopbackLauncher.java}.
 */
public final class LoopbackLauncher {
  public static void main(String[] args) throws Exception {
    DynamoDBProxyServer local = ServerRunner.createServerFromCommandLineArgs(args);
    Field field = DynamoDBProxyServer.class.getDeclaredField("server");
    field.setAccessible(true);
    for (Connector connector : ((Server) field.get(local)).getConnectors()) {
      ((AbstractNetworkConnector) connector).setHost("127.0.0.1");
    }
    local.start();
    local.join();
  }
}
