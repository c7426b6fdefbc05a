// PDFBox Preflight over files: prints "name, code, detail" for each error, then "name, done". Run by test_preflight.py.
import java.io.File;
import org.apache.pdfbox.preflight.*;
import org.apache.pdfbox.preflight.parser.PreflightParser;
public class Preflight {
  public static void main(String[] a) throws Exception {
    for (String name : a) {
      PreflightParser p = new PreflightParser(new File(name));
      ValidationResult r;
      try { p.parse(); PreflightDocument d = p.getPreflightDocument(); d.validate(); r = d.getResult(); d.close(); }
      catch (org.apache.pdfbox.preflight.exception.SyntaxValidationException e) { r = e.getResult(); }
      for (ValidationResult.ValidationError e : r.getErrorsList())
        System.out.println(name + "\t" + e.getErrorCode() + "\t" + e.getDetails().replace('\n',' '));
      System.out.println(name + "\tdone\t" + r.isValid());
    }
  }
}
